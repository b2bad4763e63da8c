"""Many runs in one server: the list, each run's dashboard at `/runs/<run_id>/`, what is watched of all."""
