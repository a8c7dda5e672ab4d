CREATE SCHEMA IF NOT EXISTS analytics;
CREATE SCHEMA IF NOT EXISTS enriched;
CREATE SCHEMA IF NOT EXISTS main;
CREATE SCHEMA IF NOT EXISTS raw;
CREATE TABLE analytics.actors(upload VARCHAR NOT NULL, person_id INTEGER NOT NULL, "name" VARCHAR, films INTEGER, mean_rating DOUBLE, rated INTEGER, score DOUBLE);
CREATE TABLE analytics.breakdowns(upload VARCHAR NOT NULL, dimension VARCHAR NOT NULL, "key" VARCHAR NOT NULL, "label" VARCHAR, films INTEGER, viewings INTEGER, "hours" DOUBLE, rated INTEGER, mean_rating DOUBLE, score DOUBLE, place INTEGER);
CREATE TABLE analytics."decades"(upload VARCHAR NOT NULL, "decade" INTEGER NOT NULL, films INTEGER, mean_rating DOUBLE);
CREATE TABLE analytics.directors(upload VARCHAR NOT NULL, person_id INTEGER NOT NULL, "name" VARCHAR, films INTEGER, mean_rating DOUBLE, rated INTEGER, score DOUBLE);
CREATE TABLE analytics.film_facts(upload VARCHAR NOT NULL, film INTEGER NOT NULL, row_number INTEGER, tmdb_id INTEGER, title VARCHAR, released INTEGER, rating DOUBLE, runtime_minutes INTEGER, vote_average DOUBLE, vote_count INTEGER, viewings INTEGER, first_viewing DATE, last_viewing DATE, difference DOUBLE, above INTEGER, below INTEGER);
CREATE TABLE analytics.genres(upload VARCHAR NOT NULL, genre_id INTEGER NOT NULL, genre VARCHAR, films INTEGER, "share" DOUBLE, runtime_hours DOUBLE, mean_rating DOUBLE, rated INTEGER);
CREATE TABLE analytics.pairs(upload VARCHAR NOT NULL, director_id INTEGER NOT NULL, actor_id INTEGER NOT NULL, director VARCHAR, actor VARCHAR, films INTEGER, viewings INTEGER, "hours" DOUBLE, rated INTEGER, mean_rating DOUBLE, score DOUBLE, place INTEGER);
CREATE TABLE analytics.people(upload VARCHAR NOT NULL, "role" VARCHAR NOT NULL, person_id INTEGER NOT NULL, "name" VARCHAR, films INTEGER, viewings INTEGER, "hours" DOUBLE, rated INTEGER, mean_rating DOUBLE, score DOUBLE, place INTEGER);
CREATE TABLE analytics.summary(upload VARCHAR NOT NULL, total_movies INTEGER, "matched" INTEGER, ambiguous INTEGER, not_found INTEGER, not_a_movie INTEGER, "error" INTEGER, ignored INTEGER, seen BOOLEAN, on_watchlist INTEGER, watched INTEGER, films INTEGER, repeated INTEGER, timed INTEGER, "hours" DOUBLE, hours_again DOUBLE, mean_runtime DOUBLE, median_runtime DOUBLE, shortest INTEGER, longest INTEGER, rated INTEGER, mean_rating DOUBLE, median_rating DOUBLE, rated_high INTEGER, first_year INTEGER, last_year INTEGER, median_year DOUBLE, viewings INTEGER, rewatched INTEGER, first_viewing DATE, last_viewing DATE, viewings_in_the_last_year INTEGER, compared INTEGER, rated_higher INTEGER, mean_difference DOUBLE, correlation DOUBLE, median_votes DOUBLE, obscure INTEGER, popular INTEGER, median_popularity DOUBLE, directors INTEGER, answered_by VARCHAR);
INSERT INTO "analytics"."summary" VALUES
  ('o''brien/watched.csv', 2, 1, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE enriched.movies(upload VARCHAR NOT NULL, row_number INTEGER NOT NULL, title VARCHAR, "year" INTEGER, seen BOOLEAN, rating DOUBLE, match_status VARCHAR NOT NULL, match_method VARCHAR, match_score DOUBLE, match_candidates STRUCT(tmdb_id INTEGER, title VARCHAR, "year" INTEGER, score DOUBLE)[], tmdb_id INTEGER, tmdb_title VARCHAR, original_title VARCHAR, original_language VARCHAR, origin_countries VARCHAR[], release_date DATE, runtime_minutes INTEGER, genres VARCHAR[], genre_ids INTEGER[], directors VARCHAR[], director_ids INTEGER[], "cast" VARCHAR[], cast_ids INTEGER[], popularity DOUBLE, vote_average DOUBLE, vote_count INTEGER, tmdb_enriched BOOLEAN NOT NULL, enriched_at TIMESTAMP, answered_by VARCHAR, "error" VARCHAR, "version" VARCHAR);
INSERT INTO "enriched"."movies" VALUES
  ('o''brien/watched.csv', 1, 'Alien', NULL, NULL, NULL, 'matched', NULL, NULL, [{'tmdb_id': 348, 'title': 'Alien', 'year': 1979, 'score': 1.0}], 348, NULL, NULL, NULL, NULL, NULL, NULL, ['Horror', 'Science Fiction'], NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, True, '2026-01-02 03:04:05', NULL, NULL, '0123456789abcdef'),
  ('o''brien/watched.csv', 2, 'A Film That Nobody Made', NULL, NULL, NULL, 'not_found', NULL, NULL, [], NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, False, NULL, NULL, NULL, '0123456789abcdef');
CREATE TABLE warehouse_shape(shape INTEGER);
INSERT INTO "main"."warehouse_shape" VALUES
  (4);
CREATE TABLE raw.movies(upload VARCHAR NOT NULL, row_number INTEGER NOT NULL, source_format VARCHAR, title VARCHAR, "year" INTEGER, original_title VARCHAR, imdb_id VARCHAR, export_tmdb_id INTEGER, letterboxd_uri VARCHAR, title_type VARCHAR, directors VARCHAR[], runtime_minutes INTEGER, rating DOUBLE, rated_on DATE, liked BOOLEAN, seen BOOLEAN, logged_on DATE, watched_on DATE, watch_count INTEGER, tags VARCHAR[], in_lists VARCHAR[], "version" VARCHAR);
INSERT INTO "raw"."movies" VALUES
  ('o''brien/watched.csv', 1, NULL, 'Alien', 1979, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, True, NULL, '2024-02-29', NULL, ['space', 'it''s dark'], NULL, '0123456789abcdef'),
  ('o''brien/watched.csv', 2, NULL, 'A Film That Nobody Made', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, False, NULL, NULL, NULL, NULL, NULL, '0123456789abcdef');
CREATE TABLE raw.rejected_rows(upload VARCHAR NOT NULL, file VARCHAR NOT NULL, line INTEGER NOT NULL, reason VARCHAR NOT NULL, "text" VARCHAR, "version" VARCHAR);
INSERT INTO "raw"."rejected_rows" VALUES
  ('o''brien/watched.csv', 'watched.csv', 3, 'no title', NULL, NULL);
CREATE TABLE raw.uploads(upload VARCHAR NOT NULL, person VARCHAR NOT NULL, source_format VARCHAR, received_at TIMESTAMP, exported_at TIMESTAMP, "current" BOOLEAN, shape INTEGER, sample_chosen BOOLEAN, "version" VARCHAR);
INSERT INTO "raw"."uploads" VALUES
  ('o''brien/watched.csv', 'o''brien', 'letterboxd', '2026-01-02 03:04:05', '2026-01-02 03:04:05', True, NULL, NULL, '0123456789abcdef');
CREATE TABLE raw.viewings(upload VARCHAR NOT NULL, row_number INTEGER NOT NULL, watched_on DATE NOT NULL, rating DOUBLE, rewatch BOOLEAN, tags VARCHAR[], "version" VARCHAR);
INSERT INTO "raw"."viewings" VALUES
  ('o''brien/watched.csv', 1, '2024-02-29', NULL, NULL, NULL, NULL);
