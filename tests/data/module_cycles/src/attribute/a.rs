#[derive(serde::Deserialize)]
pub struct A { #[serde(default = "crate::attribute::b::b")] pub n: u32 }
