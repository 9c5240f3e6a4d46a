//! The opened data keys.
