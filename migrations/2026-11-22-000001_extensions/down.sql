-- Extensions belong to the whole database and others may use them: they stay.
SELECT 1;
