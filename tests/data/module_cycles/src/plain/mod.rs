//! Uses others and is used, in no circle.
pub fn c() {}
#[cfg(test)]
mod tests {
    use crate::use_group::a;
}
