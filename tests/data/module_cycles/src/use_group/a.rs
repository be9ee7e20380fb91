use crate::{use_group::b::{B, Other}, plain};
pub struct A(pub Option<Box<B>>, pub Option<Other>);
pub fn a() { plain::c() }
