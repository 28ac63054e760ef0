sievert_unit(bench sievert_static)
