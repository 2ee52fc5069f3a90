-- What is searched is folded anew (src/text/search.rs): the blocks are made again when the database is brought up to date.
TRUNCATE search_blocks;
