"""A whole organisation from one file: reads YAML or XLSX (`read`) and carries it out, all or nothing (`carry_out`)."""
