use super::b::*;
pub struct A(pub Option<Box<B>>);
