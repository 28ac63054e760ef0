sievert_unit(practice sv_builtin sv_rules sv_sink sv_base)
