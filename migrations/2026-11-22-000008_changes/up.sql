-- Whoever keeps answers aside is told that the catalogue has changed, when the change has become visible to all.
CREATE FUNCTION tell_of_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('machikura', current_schema());
    RETURN NULL;
END
$$;
CREATE TRIGGER organizations_tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON organizations
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_change();
CREATE TRIGGER datasets_tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON datasets
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_change();
CREATE TRIGGER versions_tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON versions
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_change();
