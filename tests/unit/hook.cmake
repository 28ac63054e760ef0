sievert_unit(hook sievert_static)
