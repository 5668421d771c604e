"""Small documents of DATEX II for tests, in the shape of real ones."""

from __future__ import annotations

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
V2 = "http://datex2.eu/schema/2/2_0"


def version_2(payload: str, kind: str) -> bytes:
    """A document of version 2 in its one namespace."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><d2LogicalModel xmlns="{V2}" {XSI}>'
        f'<payloadPublication xsi:type="{kind}">{payload}</payloadPublication></d2LogicalModel>'
    ).encode()


def version_3(payload: str, kind: str) -> bytes:
    """A document of version 3; `payload` uses the prefixes roa, com, loc, sit."""
    spaces = {
        "mc": "messageContainer",
        "roa": "roadTrafficData",
        "com": "common",
        "loc": "locationReferencing",
        "sit": "situation",
    }
    named = " ".join(f'xmlns:{k}="http://datex2.eu/schema/3/{v}"' for k, v in spaces.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><mc:messageContainer {named} {XSI}>'
        f'<mc:payload xsi:type="{kind}">{payload}</mc:payload></mc:messageContainer>'
    ).encode()


def meaning(index: int, lane: str = "", vehicle: str = "<vehicleType>anyVehicle</vehicleType>"):
    """What the value of one index of a site stands for."""
    lanes = f"<specificLane>{lane}</specificLane>" if lane else ""
    return (
        f'<measurementSpecificCharacteristics index="{index}"><measurementSpecificCharacteristics>'
        f"<period>60</period>{lanes}"
        f"<specificVehicleCharacteristics>{vehicle}</specificVehicleCharacteristics>"
        "</measurementSpecificCharacteristics></measurementSpecificCharacteristics>"
    )


def site(identifier: str, latitude: object, longitude: object, meanings: str = "") -> str:
    """A site record of version 2 with its position inside OpenLR, as in the Netherlands."""
    return (
        f'<measurementSiteRecord id="{identifier}" version="1">'
        '<measurementSiteName><values><value lang="nl">N207 km 18.8</value></values>'
        f"</measurementSiteName>{meanings}"
        '<measurementSiteLocation xsi:type="Point"><pointExtension><openlrCoordinate>'
        f"<latitude>{latitude}</latitude><longitude>{longitude}</longitude>"
        "</openlrCoordinate></pointExtension></measurementSiteLocation></measurementSiteRecord>"
    )


def table(*records: str) -> bytes:
    """A site table of version 2."""
    inner = f'<measurementSiteTable id="T">{"".join(records)}</measurementSiteTable>'
    return version_2(inner, "MeasurementSiteTablePublication")


def value(index: int, kind: str, number: object, error: str = "") -> str:
    """A measured value of version 2."""
    path = {
        "TrafficFlow": ("vehicleFlow", "vehicleFlowRate"),
        "TrafficSpeed": ("averageVehicleSpeed", "speed"),
    }[kind]
    inner = f"<{path[0]}>{error}<{path[1]}>{number}</{path[1]}></{path[0]}>"
    return (
        f'<measuredValue index="{index}"><measuredValue><basicData xsi:type="{kind}">{inner}'
        "</basicData></measuredValue></measuredValue>"
    )


def measured(identifier: str, *values: str, time: str = "2026-08-19T10:32:00+02:00") -> str:
    """Measurements of a site in version 2."""
    return (
        f'<siteMeasurements><measurementSiteReference id="{identifier}"/>'
        f"<measurementTimeDefault>{time}</measurementTimeDefault>{''.join(values)}"
        "</siteMeasurements>"
    )


def situation(
    *,
    status: str = "real",
    location: str = "",
    start: str = "2026-07-03T10:25:45Z",
    end: str = "2026-12-01T11:00:00Z",
    more: str = "",
) -> bytes:
    """A situation of version 3 with one record."""
    return version_3(
        '<sit:situation id="S1"><sit:overallSeverity>high</sit:overallSeverity>'
        f"<sit:headerInformation><com:informationStatus>{status}</com:informationStatus>"
        '</sit:headerInformation><sit:situationRecord xsi:type="sit:SpeedManagement" id="R1" '
        'version="2"><sit:situationRecordVersionTime>2026-07-07T07:10:18Z'
        "</sit:situationRecordVersionTime><sit:validity><com:validityTimeSpecification>"
        f"<com:overallStartTime>{start}</com:overallStartTime>"
        f"<com:overallEndTime>{end}</com:overallEndTime></com:validityTimeSpecification>"
        f"</sit:validity>{location}{more}</sit:situationRecord></sit:situation>",
        "sit:SituationPublication",
    )
