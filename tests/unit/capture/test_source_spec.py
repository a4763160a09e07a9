from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.capture.source_spec import (
    FileSpec,
    MicrophoneSpec,
    MonitorSpec,
    PcmSpec,
    UrlSpec,
    parse_source,
)
from streamgenre.errors import PermanentSourceError


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("mic", MicrophoneSpec()),
        ("mic:", MicrophoneSpec()),
        ("mic:USB Audio", MicrophoneSpec("USB Audio")),
        ("mic:USB Audio?channels=3,4", MicrophoneSpec("USB Audio", (3, 4))),
        ("mic?channels=2", MicrophoneSpec(None, (2,))),
        ("mic:Scarlett 18i20: (hw:1,0)", MicrophoneSpec("Scarlett 18i20: (hw:1,0)")),
        ("mic:is it on?", MicrophoneSpec("is it on?")),
        ("monitor", MonitorSpec()),
        ("monitor:venue", MonitorSpec("venue")),
        ("MONITOR:venue", MonitorSpec("venue")),
        ("-", PcmSpec()),
        ("-?rate=44100", PcmSpec(None, 44100)),
        ("-?rate=8000&channels=1&format=f32le", PcmSpec(None, 8000, 1, "f32le")),
        ("pcm:/run/a.fifo", PcmSpec(Path("/run/a.fifo"))),
        ("pcm:-?channels=1", PcmSpec(None, channels=1)),
        ("pcm:what?.raw?format=s24le", PcmSpec(Path("what?.raw"), format="s24le")),
        ("pcm:a?b", PcmSpec(Path("a?b"))),
        ("song.mp3", FileSpec(Path("song.mp3"))),
        ("./-x.wav", FileSpec(Path("-x.wav"))),
        ("-x.wav", FileSpec(Path("-x.wav"))),
        ("./mic:x", FileSpec(Path("mic:x"))),
        ("what is: love?.flac", FileSpec(Path("what is: love?.flac"))),
        ("Größe.ogg", FileSpec(Path("Größe.ogg"))),
        ("monitor.wav", FileSpec(Path("monitor.wav"))),
        ("mic.wav", FileSpec(Path("mic.wav"))),
        ("file:a.wav", FileSpec(Path("a.wav"))),
        ("file:///music/a%20b.wav", FileSpec(Path("/music/a b.wav"))),
        ("file:a%20b.wav", FileSpec(Path("a%20b.wav"))),
        ("http://h:8000/mount", UrlSpec("http://h:8000/mount")),
        ("HTTPS://h/x?y=z", UrlSpec("HTTPS://h/x?y=z")),
        ("http://[::1]:8000/x", UrlSpec("http://[::1]:8000/x")),
        ("rtsp://u:p@camera/1", UrlSpec("rtsp://u:p@camera/1")),
    ],
)
def test_what_each_form_means(text, spec):
    assert parse_source(text) == spec


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty"]),
        ("   ", ["empty"]),
        ("a\0b", ["zero byte"]),
        ("htp://x/y", ["htp", "did you mean 'http'", "rtsp"]),
        ("spotify://x", ["unknown scheme 'spotify'", "http"]),
        ("http://", ["complete URL"]),
        ("http://h:99999/x", ["complete URL"]),
        ("http://a b/x", ["complete URL"]),
        ("http:/h/x", ["complete URL"]),
        ("http//h/x", ["complete URL"]),
        ("HTTPS:h/x", ["complete URL"]),
        ("https;//h/x", ["complete URL"]),
        ("radio.example:8000/jazz", ["begin it with http://", "file:"]),
        ("127.0.0.1:8000/jazz", ["begin it with http://"]),
        ("localhost:8000/jazz", ["begin it with http://"]),
        ("www.radio.example/jazz", ["begin it with http://"]),
        ("pcm:", ["path"]),
        ("pcm:x?rate=999", ["rate='999'", "1000", "384000"]),
        ("pcm:x?rate=4.4e4", ["rate='4.4e4'"]),
        ("pcm:x?rate=-8000", ["rate='-8000'"]),
        ("pcm:x?rate=", ["rate=''"]),
        ("pcm:x?channels=0", ["channels='0'", "1", "64"]),
        ("pcm:x?channels=65", ["channels='65'"]),
        ("pcm:x?format=s16be", ["s16be", "s16le, s24le, s32le, f32le"]),
        ("pcm:x?raet=1", ["raet", "rate, channels, format"]),
        ("pcm:x?rate=8000&rate=8000", ["twice"]),
        ("-?channels=two", ["channels='two'"]),
        ("-?bits=16", ["bits"]),
        ("mic:x?channels=0", ["channels='0'"]),
        ("mic:x?channels=1,,2", ["channels=''"]),
        ("mic:x?channels=2,2", ["twice"]),
        ("mic:x?rate=8000", ["rate", "channels"]),
        ("monitor:x?channels=1", ["channels", "none"]),
    ],
)
def test_what_is_refused_names_the_value_and_what_is_allowed(text, words):
    with pytest.raises(PermanentSourceError) as refusal:
        parse_source(text)
    for word in words:
        assert word in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["http://me:hush@", "http://me:hush@h:x/y", "ftp://me:hush@host/x"])
def test_a_refusal_keeps_the_password(text):
    with pytest.raises(PermanentSourceError) as refusal:
        parse_source(text)
    assert "hush" not in str(refusal.value)


@given(st.text())
def test_any_text_is_understood_or_refused(text):
    try:
        spec = parse_source(text)
    except PermanentSourceError:
        return
    assert isinstance(spec, FileSpec | PcmSpec | UrlSpec | MicrophoneSpec | MonitorSpec)


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1),
    st.integers(1000, 384_000),
    st.integers(1, 64),
    st.sampled_from(["s16le", "s24le", "s32le", "f32le"]),
)
def test_any_path_with_any_parameters_in_range_comes_back(path, rate, channels, pcm_format):
    spec = parse_source(f"pcm:./{path}?rate={rate}&channels={channels}&format={pcm_format}")
    assert spec == PcmSpec(Path(f"./{path}"), rate, channels, pcm_format)
