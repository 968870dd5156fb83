"""Side by side with the peers; each file is a program of its own, described in README.md."""
