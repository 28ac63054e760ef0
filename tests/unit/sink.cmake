sievert_unit(sink sv_sink sv_base)
