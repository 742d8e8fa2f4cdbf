//! From bytes to an article: charset, main text, title, date, publisher, links, feeds.
