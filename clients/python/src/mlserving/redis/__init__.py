"""What the client needs of Redis: commands in pipelines, and subscriptions that tell when they were interrupted."""
