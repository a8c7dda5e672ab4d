"""The project movie_pipeline: a film list dropped into a folder becomes a dashboard in Dagster."""
