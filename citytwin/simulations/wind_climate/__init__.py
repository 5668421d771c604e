"""Wind climate where people walk: comfort and danger classes, mean speed, the wind of the moment."""
