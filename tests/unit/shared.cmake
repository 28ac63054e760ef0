sievert_unit(shared sievert_static)
