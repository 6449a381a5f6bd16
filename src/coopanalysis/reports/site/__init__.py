"""The site: what surrounds the reports, and the folder that can be put on a host."""
