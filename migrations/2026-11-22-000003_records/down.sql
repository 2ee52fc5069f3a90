DROP TABLE files;
DROP FUNCTION cell_number(text, integer);
DROP FUNCTION cell_text(text, integer);
DROP TRIGGER stored_tables_delete_records ON stored_tables;
DROP FUNCTION delete_records_of_tables();
DROP TABLE records;
