//! The tables as diesel knows them. They must agree with `migrations/`; `tests/store.rs` reads every column.

/// The SQL types that only PostGIS has.
pub mod types {
    /// A PostGIS geometry. Only ever written, as EWKB by COPY; answers read single numbers of it.
    #[derive(diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "geometry"))]
    pub struct Geometry;
}

diesel::table! {
    organizations (code) {
        code -> Text,
        name -> Text,
        name_kana -> Text,
        prefecture -> Text,
        kind -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    datasets (id) {
        id -> BigInt,
        organization_code -> Text,
        slug -> Text,
        standard -> Nullable<Text>,
        title -> Text,
        title_en -> Text,
        description -> Text,
        license -> Text,
        contact -> Text,
        update_frequency -> Text,
        sample -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        withdrawn_at -> Nullable<Timestamptz>,
        current_version_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    versions (id) {
        id -> BigInt,
        dataset_id -> BigInt,
        number -> Integer,
        serial -> BigInt,
        published_at -> Timestamptz,
        published_by -> Text,
        note -> Text,
    }
}

diesel::table! {
    stored_tables (id) {
        id -> BigInt,
        dataset_id -> BigInt,
        name -> Text,
        edition -> Text,
        field_count -> Integer,
        extra_columns -> Array<Text>,
        treatment -> Text,
        row_count -> BigInt,
        last_row -> Integer,
        located -> BigInt,
        west -> Nullable<Double>,
        south -> Nullable<Double>,
        east -> Nullable<Double>,
        north -> Nullable<Double>,
        report -> Jsonb,
        score -> Double,
        errors -> BigInt,
        filled -> Array<BigInt>,
        coded -> Array<Integer>,
        source_sha256 -> Binary,
        source_bytes -> BigInt,
        source_name -> Text,
        source_media_type -> Text,
        source_encoding -> Text,
        patches_sha256 -> Nullable<Binary>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    version_tables (version_id, table_id) {
        version_id -> BigInt,
        table_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::types::Geometry;

    records (table_id, row_number) {
        table_id -> BigInt,
        row_number -> Integer,
        record_id -> Text,
        values -> Text,
        geometry -> Nullable<Geometry>,
        raw -> Nullable<Text>,
    }
}

diesel::table! {
    search_blocks (table_id, first_row) {
        table_id -> BigInt,
        first_row -> Integer,
        tokens -> Array<Integer>,
        folded -> Text,
    }
}

diesel::table! {
    column_profiles (table_id, field) {
        table_id -> BigInt,
        field -> Integer,
        distinct_count -> Nullable<BigInt>,
        values -> Nullable<Array<Text>>,
        counts -> Nullable<Array<BigInt>>,
        codes -> Nullable<Binary>,
    }
}

diesel::table! {
    files (sha256, number) {
        sha256 -> Binary,
        number -> Integer,
        content -> Binary,
    }
}

diesel::table! {
    tokens (id) {
        id -> BigInt,
        organization_code -> Nullable<Text>,
        role -> Text,
        hash -> Binary,
        label -> Text,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    audit (id) {
        id -> BigInt,
        at -> Timestamptz,
        actor -> Text,
        action -> Text,
        organization_code -> Nullable<Text>,
        dataset -> Nullable<Text>,
        version -> Nullable<Integer>,
        detail -> Jsonb,
        address -> Nullable<Text>,
    }
}

diesel::joinable!(datasets -> organizations (organization_code));
diesel::joinable!(stored_tables -> datasets (dataset_id));
diesel::joinable!(version_tables -> stored_tables (table_id));
diesel::joinable!(version_tables -> versions (version_id));
diesel::allow_tables_to_appear_in_same_query!(
    organizations,
    datasets,
    versions,
    stored_tables,
    version_tables,
    records,
    search_blocks,
    files,
    tokens,
    audit,
);
