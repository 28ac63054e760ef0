sievert_unit(practice sievert_static)
