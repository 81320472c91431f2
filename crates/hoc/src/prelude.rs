//! Templates of the field's helper files that many circuits load but do not ship.

/// Distributes a parameter by path distance: `distribute(list, parameter, expression)` puts the distance into the
/// `%g` of the expression for every segment; `distribute_section_variable` does so once for every section.
pub(crate) const TDISTFUNC: &str = r#"
begintemplate TDistFunc
public distribute, distribute_section_variable
strdef layout, command

proc distribute() { local x localobj list
    list = $o1
    sprint(layout, "%%s %s(%%f) = %s", $s2, $s3)
    forsec list for (x, 0) {
        sprint(command, layout, secname(), x, distance(x))
        execute(command)
    }
}

proc distribute_section_variable() { localobj list
    list = $o1
    sprint(layout, "%%s %s = %s", $s2, $s3)
    forsec list {
        sprint(command, layout, secname(), distance(0.5))
        execute(command)
    }
}
endtemplate TDistFunc
"#;
