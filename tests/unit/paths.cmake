sievert_unit(paths sievert_static)
