"""What is looked at before an uploaded file is kept: name, kind, what lies inside, and the virus scanner. `evidence` calls it.

Nothing here believes what a file says about itself: sizes are counted while unpacking, kinds are read from the content.
"""
