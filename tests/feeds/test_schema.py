"""The schema report: where a file is not as it should be, without a word of what stood there."""

from pathlib import Path

from aftercall.inside.feeds import schema

XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.nemsis.org" xmlns="http://www.nemsis.org"
 elementFormDefault="qualified"><xs:element name="EMSDataSet"><xs:complexType><xs:sequence>
 <xs:element name="age" type="xs:int"/><xs:element name="code"><xs:simpleType><xs:restriction base="xs:string">
 <xs:enumeration value="1"/></xs:restriction></xs:simpleType></xs:element><xs:element name="end" type="xs:string"/>
 </xs:sequence></xs:complexType></xs:element></xs:schema>"""


def test_the_schema_is_a_report_that_repeats_no_value(tmp_path: Path) -> None:
    (tmp_path / "EMSDataSet_v3.xsd").write_text(XSD)

    def lines(inner: str) -> tuple[str, ...]:
        return schema.report(f'<EMSDataSet xmlns="http://www.nemsis.org">{inner}</EMSDataSet>'.encode(), tmp_path)

    assert lines("<age>6</age><code>1</code><end/>") == ()
    found = lines("<age>Mwangi</age><code>Asha</code>")
    assert [line.partition(": ")[0] for line in found] == ["EMSDataSet/age", "EMSDataSet/code", "EMSDataSet"]
    assert "(wanted: end)" in found[-1]
    assert "Mwangi" not in str(found)
    assert "Asha" not in str(found)
    prefixed = b'<n:EMSDataSet xmlns:n="http://www.nemsis.org"><m:age xmlns:m="http://www.nemsis.org">x</m:age></n:EMSDataSet>'
    assert [line.partition(": ")[0] for line in schema.report(prefixed, tmp_path)] == ["line 1", "EMSDataSet"]
    assert schema.report(b"<DEMDataSet/>", tmp_path) == ("DEMDataSet: no schema of that name can be read in the schema folder",)
    assert schema.report(b"<a", tmp_path) == ("line 1: is no XML from here on",)
    assert schema.report(b"<!DOCTYPE a []><a/>", tmp_path) == ("DOCTYPE: a file with a DTD or entities is not read",)
