sievert_unit(views sv_detect sv_rules sv_sink sv_base)
