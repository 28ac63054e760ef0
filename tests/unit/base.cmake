sievert_unit(base sv_base)
