DROP TRIGGER versions_tell ON versions;
DROP TRIGGER datasets_tell ON datasets;
DROP TRIGGER organizations_tell ON organizations;
DROP FUNCTION tell_of_change();
