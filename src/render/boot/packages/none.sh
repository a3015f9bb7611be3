# @functions
# --- packages: the image has them, and no way to install others

packages() { :; }

