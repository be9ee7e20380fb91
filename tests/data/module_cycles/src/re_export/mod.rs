pub mod a;
pub mod b;
pub use b::B;
