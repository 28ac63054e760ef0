sievert_unit(library sievert_static)
