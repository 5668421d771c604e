"""Small reports of the Japan Meteorological Agency for tests, in the shape of real ones."""

from __future__ import annotations

BASIS = "http://xml.kishou.go.jp/jmaxml1/informationBasis1/"
WEATHER = "http://xml.kishou.go.jp/jmaxml1/body/meteorology1/"


def kind(name: str, code: str = "03", status: str = "発表", condition: str = "") -> str:
    """A kind of warning."""
    more = f"<Condition>{condition}</Condition>" if condition else ""
    named = f"<Name>{name}</Name><Code>{code}</Code>" if name else ""
    return f"<Kind>{named}<Status>{status}</Status>{more}</Kind>"


def item(*kinds: str, name: str = "千代田区", code: str = "1310100") -> str:
    """Warnings of an area."""
    return f"<Item>{''.join(kinds)}<Area><Name>{name}</Name><Code>{code}</Code></Area></Item>"


def headline(name: str, code: str, *areas: tuple[str, str]) -> str:
    """Warnings in the headline, with the areas in a list."""
    listed = "".join(f"<Area><Name>{a}</Name><Code>{c}</Code></Area>" for a, c in areas)
    return (
        f'<Information type="x"><Item><Kind><Name>{name}</Name><Code>{code}</Code></Kind>'
        f'<Areas codeType="x">{listed}</Areas></Item></Information>'
    )


def report(
    *items: str,
    title: str = "気象警報・注意報（Ｈ２７）",
    status: str = "通常",
    info: str = "発表",
    time: str = "2026-09-21T01:46:00+09:00",
    head: str = "",
) -> bytes:
    """A report with warnings in its body."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Report xmlns="http://xml.kishou.go.jp/jmaxml1/">'
        f"<Control><Title>{title}</Title><DateTime>2026-09-20T16:46:30Z</DateTime>"
        f"<Status>{status}</Status><PublishingOffice>気象庁</PublishingOffice></Control>"
        f'<Head xmlns="{BASIS}"><Title>東京都気象警報・注意報</Title>'
        f"<ReportDateTime>{time}</ReportDateTime><TargetDateTime>{time}</TargetDateTime>"
        f"<EventID/><InfoType>{info}</InfoType><Headline><Text>大雨に警戒。</Text>{head}</Headline>"
        f'</Head><Body xmlns="{WEATHER}"><Warning type="気象警報・注意報（市町村等）">'
        f"{''.join(items)}</Warning></Body></Report>"
    ).encode()
