"""What goes with a film: captions (WebVTT), chapters (ffmetadata), and a text with time stamps. Pure."""

from collections.abc import Sequence

from server.film.plan import PICTURES_PER_SECOND, Scene


def starts_of(scenes: Sequence[Scene]) -> list[float]:
    """When each scene begins, and the end of the last one, in seconds."""
    starts = [0.0]
    for scene in scenes:
        starts.append(starts[-1] + scene.pictures / PICTURES_PER_SECOND)
    return starts


def captions(scenes: Sequence[Scene]) -> str:
    """The captions, WebVTT: every scene's title for as long as it lasts."""
    starts = starts_of(scenes)
    cues = [
        f"{_clock(starts[i], 3)} --> {_clock(starts[i + 1], 3)}\n{scene.title}\n"
        for i, scene in enumerate(scenes)
    ]
    return "WEBVTT\n\n" + "\n".join(cues)


def chapters(scenes: Sequence[Scene]) -> str:
    """The chapters as ffmpeg reads them."""
    starts = starts_of(scenes)
    parts = [";FFMETADATA1\n"]
    for i, scene in enumerate(scenes):
        title = "".join(f"\\{c}" if c in "=;#\\\n" else c for c in scene.title)
        parts.append(
            "[CHAPTER]\nTIMEBASE=1/1000\n"
            f"START={round(starts[i] * 1000)}\nEND={round(starts[i + 1] * 1000)}\ntitle={title}\n"
        )
    return "".join(parts)


def description(scenes: Sequence[Scene], about: str) -> str:
    """A text for the film's description: what it is of, and a line with a time stamp for every scene."""
    lines = [
        f"{_clock(start, 0)} {scene.title}" for start, scene in zip(starts_of(scenes), scenes, strict=False)
    ]
    return "\n".join([about, "", *lines, ""])


def _clock(seconds: float, digits: int) -> str:
    """ "00:01:05.250" with three digits, "1:05" with none."""
    if digits == 0:
        return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
    whole, millis = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{millis:03}"
