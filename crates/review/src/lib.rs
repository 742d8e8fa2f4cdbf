//! The life of an alert: transitions, routing to departments, deadlines.
