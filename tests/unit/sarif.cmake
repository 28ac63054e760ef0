sievert_unit(sarif sv_sink sv_base)
