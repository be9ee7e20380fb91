//! One cycle for each way to spell a path; never compiled.
pub mod use_group;
pub mod expression;
pub mod super_path;
pub mod renamed;
pub mod glob;
pub mod in_macro;
pub mod attribute;
pub mod types;
pub mod inline;
pub mod re_export;
pub mod plain;
