sievert_unit(walk sievert_static)
