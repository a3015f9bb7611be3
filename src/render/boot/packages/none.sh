# @functions
# --- packages: they are part of the image, and others cannot be installed

packages() { :; }

