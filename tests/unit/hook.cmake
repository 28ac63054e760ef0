sievert_unit(hook sievert_static)
sievert_unit(lookup sievert_static)
