"""Images: files, their names, sizes, pixel formats and matrices; colour conversion, grain, guided upsampling."""
