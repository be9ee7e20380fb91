//! Where tasks come from: one trait, one verdict for all providers, one file per provider.
