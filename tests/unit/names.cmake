sievert_unit(names sievert_static)
