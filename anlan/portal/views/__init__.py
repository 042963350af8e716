"""The views of the public face, a file for each subject."""
