"""Who is knocking: the plan of arrivals, what shopkeepers do, the recorder, and the lanes inside Locust."""
