"""Whatever FFmpeg reads, decoded to float32 at its own rate and channel count. The only importer of av."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import av
import numpy as np
from av import error as failures
from av.codec.codec import UnknownCodecError
from av.container import core

from streamgenre.capture.ffmpeg_options import (
    STALL_TIMEOUT_SECONDS,
    Options,
    body_options,
    file_options,
    only_sound,
    rtsp_options,
    web_options,
)
from streamgenre.capture.sample_format import to_float32
from streamgenre.capture.source_text import shown
from streamgenre.capture.stations.title_text import clean_title
from streamgenre.errors import PermanentSourceError, SourceError, TransientSourceError
from streamgenre.messages import AudioBlock, AudioFormat, Float32

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

OPEN_TIMEOUT_SECONDS = 5
_PACKET_TIMEOUT_SECONDS = 30  # an HLS server may leave its playlist unchanged for a few segments
_MAX_BROKEN_READS = 32
_MAX_BROKEN_PACKETS = 400
"""In a row, from a station: some ten seconds of frames."""
MOST_BYTES_AT_ONCE = 256 << 20
"""A header of a few bytes may declare gigabytes; the table of three days of sound takes no more than this."""
LEAST_RATE_HZ = 1000
GREATEST_RATE_HZ = 3_072_000
_TOLERATED_SHORTFALL_SECONDS = 1.0

_PLAYLISTS = {"hls", "dash", "concat"}
"""Demuxers whose size is that of a list, not of the sound."""
_DECLARING = {"aiff", "ape", "caf", "flac", "hls", "mov", "tta", "w64", "wav", "wv"}
"""Demuxers whose duration is declared by the input; others have it guessed from size and bit rate."""

_DTYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}


def decode(location: Path | str) -> Iterator[AudioBlock]:
    """Decode a file or URL from its start to its end, one block for each frame of the decoder."""
    return MediaDecoder(location).blocks()


class ByteReader(Protocol):
    """Bytes that somebody else fetches."""

    def read(self, max_bytes: int, /) -> bytes:
        """Wait for bytes and return what is there; empty at the end, or where they broke off."""
        ...


class MediaDecoder:
    """The best audio stream of one open file (a Path) or URL (a str)."""

    def __init__(
        self, location: Path | str, body: ByteReader | None = None, container: str | None = None
    ) -> None:
        """Open and decode the first frame, for only that knows the true rate. Raises SourceError.

        `body`: what comes from `location`, None: FFmpeg fetches it; `container`: its format, if known.
        """
        self._shown = shown(location)
        self._is_file = isinstance(location, Path)
        self._connected = False
        self.decode_errors = 0
        """Packets and reads that gave nothing but an error."""
        self._heard_samples = 0
        self._heard_all = False
        try:
            self._container = _open(location, body, container)
        except failures.FFmpegError as error:
            raise self._explained(error) from None
        self.finite = self._is_file or _has_end(self._container)
        """Whether the end is foreseeable: a file, wherever it lies, not a station."""
        try:
            self._stream = self._best_stream()
            self._frames = self._decoded_frames()
            self._first = next(self._frames, None)
            self.format = self._opening_format()
            self._declared_seconds = _declared_seconds(self._container, self._stream)
            self._connected = True
        except BaseException:
            self._container.close()
            raise
        self.title = _title({**self._container.metadata, **self._stream.metadata})
        """What the container says it holds, if it says."""

    @property
    def codec(self) -> str:
        """As FFmpeg names it, such as vorbis."""
        return self._stream.codec_context.name

    @property
    def damage(self) -> str | None:
        """What was found wrong so far, in words."""
        found: list[str] = []
        if self.decode_errors:
            found.append(f"{self.decode_errors} damaged packet{'s' * (self.decode_errors > 1)}")
        declared_seconds = self._declared_seconds if self._heard_all else 0.0
        if declared_seconds - self._heard_seconds > _TOLERATED_SHORTFALL_SECONDS:
            found.append(f"heard {self._heard_seconds:.1f} of {declared_seconds:.1f} s declared")
        return "; ".join(found) or None

    @property
    def _heard_seconds(self) -> float:
        return self._heard_samples / self.format.sample_rate_hz if self._heard_samples else 0.0

    def blocks(self) -> Iterator[AudioBlock]:
        """Give each decoded frame as a block; call once. Raises SourceError where decoding cannot go on."""
        frame = self._first
        while frame is not None:
            if frame.sample_rate != self.format.sample_rate_hz:
                raise self._rate_changed(frame.sample_rate)
            block = AudioBlock(_samples(frame), self._heard_samples)
            self._heard_samples = block.end_sample
            yield block
            frame = next(self._frames, None)
        self._heard_all = True

    def close(self) -> None:
        """Let go of the file or connection."""
        self._frames.close()
        self._container.close()

    def _best_stream(self) -> AudioStream:
        stream = cast("AudioStream | None", self._container.streams.best("audio"))
        if stream is None:
            raise PermanentSourceError(
                f"{self._shown} holds no audio stream; give a file or station with sound"
            )
        if not hasattr(stream.codec_context, "decode"):
            raise PermanentSourceError(
                f"{self._shown} is coded in a way FFmpeg here cannot decode; convert it first"
            )
        stream.codec_context.thread_count = 1
        return stream

    def _opening_format(self) -> AudioFormat:
        frame = self._first
        if frame is not None:
            return AudioFormat(self._believable(frame.sample_rate), len(frame.layout.channels))
        declared = self._stream.codec_context
        if self.decode_errors or not declared.sample_rate or not declared.channels:
            raise self._not_audio()
        return AudioFormat(self._believable(declared.sample_rate), declared.channels)

    def _believable(self, rate_hz: int) -> int:
        if not LEAST_RATE_HZ <= rate_hz <= GREATEST_RATE_HZ:
            raise PermanentSourceError(
                f"{self._shown} declares {rate_hz} samples a second, not {LEAST_RATE_HZ} to "
                f"{GREATEST_RATE_HZ}: its header is damaged, or it holds no sound"
            )
        return rate_hz

    def _decoded_frames(self) -> Generator[AudioFrame]:
        broken_packets = 0
        for packet in self._packets():
            try:
                frames = packet.decode()
            except failures.EOFError:
                return
            except failures.FFmpegError:
                self.decode_errors += 1
                broken_packets += 1
                if broken_packets >= _MAX_BROKEN_PACKETS and not self.finite:
                    raise self._undecodable() from None
                continue
            broken_packets = 0
            yield from (frame for frame in frames if frame.samples)

    def _packets(self) -> Iterator[Packet[AudioStream]]:
        """Read to the end, over damaged stretches, but not for ever."""
        broken_reads = 0
        while broken_reads < _MAX_BROKEN_READS:
            try:
                for packet in self._container.demux(self._stream):
                    broken_reads = 0
                    yield packet
            except failures.InvalidDataError:
                self.decode_errors += 1
                broken_reads += 1
            except IndexError:  # of a stream that PyAV does not know, because it began later than the others
                broken_reads += 1
            except failures.FFmpegError as error:
                if not self._is_file:
                    raise self._explained(error) from None
                self.decode_errors += 1
                return
            else:
                return
        if self.finite and not self._is_file and self._connected:
            raise self.broken_off("what comes cannot be decoded")
        if not self._is_file:
            raise self._undecodable()

    def _undecodable(self) -> SourceError:
        return TransientSourceError(f"{self._shown} sends data that cannot be decoded; trying again may help")

    def _rate_changed(self, rate_hz: int) -> SourceError:
        kind = PermanentSourceError if self.finite else TransientSourceError
        remedy = "convert the file to one rate" if self.finite else "it has to be opened again"
        return kind(
            f"{self._shown}: sample rate changed from {self.format.sample_rate_hz} to {rate_hz} Hz; {remedy}"
        )

    def _not_audio(self) -> SourceError:
        return PermanentSourceError(
            f"{self._shown} is not audio that FFmpeg can read; is it damaged or another kind?"
        )

    def _explained(self, error: failures.FFmpegError) -> SourceError:
        return self._explained_file(error) if self._is_file else self._explained_url(error)

    def _explained_file(self, error: failures.FFmpegError) -> SourceError:
        if isinstance(error, failures.EOFError | _NO_SOUND):
            return self._not_audio()
        return PermanentSourceError(f"{self._shown} cannot be read as audio: {error.strerror}")

    def broken_off(self, reason: str) -> SourceError:
        """Opened again, it would begin at its start and be heard twice: so this is for good."""
        return PermanentSourceError(
            f"the download of {self._shown} broke off after {self._heard_seconds:.1f} s ({reason}); "
            "check the network and the server, then run it again"
        )

    def _explained_url(self, error: failures.FFmpegError) -> SourceError:
        if self._connected and self.finite:
            return self.broken_off(_reason_for_break(error))
        for kind, reason in _PERMANENT.items():
            if isinstance(error, kind):
                return PermanentSourceError(f"{self._shown}: {reason}")
        if isinstance(error, _NO_SOUND):
            return self._not_audio()
        for kind, reason in _TRANSIENT.items():
            if isinstance(error, kind):
                return TransientSourceError(f"{self._shown}: {reason}")
        if isinstance(error, failures.OSError):
            reason = (
                "the connection was lost" if self._connected else "cannot connect, or the host is unknown"
            )
            return TransientSourceError(f"{self._shown}: {reason}; check the address and the network")
        return TransientSourceError(f"{self._shown}: {error.strerror}; trying again may help")


_NO_SOUND = failures.InvalidDataError | failures.ArgumentError
"""The latter: of a kind that is not among those it may read."""
_PERMANENT: dict[type[failures.FFmpegError], str] = {
    failures.HTTPUnauthorizedError: "the server wants other credentials (HTTP 401); check user and password",
    failures.HTTPForbiddenError: "the server forbids it (HTTP 403); check the address and your rights",
    failures.HTTPNotFoundError: "the server has no such stream (HTTP 404); check the address",
    failures.ProtocolNotFoundError: "FFmpeg here does not speak this protocol; use http, https or rtsp",
}
_TRANSIENT: dict[type[failures.FFmpegError], str] = {
    failures.ConnectionRefusedError: "connection refused; is the server running on that port?",
    failures.TimeoutError: f"the server sent nothing for {STALL_TIMEOUT_SECONDS} s",
    failures.ExitError: "the server did not answer in time",
    failures.HTTPServerError: "the server failed (HTTP 5xx)",
    failures.EOFError: "the server closed the connection without sending audio",
}


def _reason_for_break(error: failures.FFmpegError) -> str:
    if isinstance(error, failures.TimeoutError):
        return _TRANSIENT[failures.TimeoutError]
    if isinstance(error, failures.ExitError):
        return f"the server sent nothing of use for {_PACKET_TIMEOUT_SECONDS} s"
    return "the connection was lost"


def _has_end(container: InputContainer) -> bool:
    """Whether what a server sends has an end. A live playlist has a size, but no duration."""
    return container.duration is not None or (
        container.size > 0 and container.format.name.partition(",")[0] not in _PLAYLISTS
    )


def _declared_seconds(container: InputContainer, stream: AudioStream) -> float:
    """Return how long the input says it is; 0.0 when it does not say, or FFmpeg would only guess."""
    kind = container.format.name.partition(",")[0]
    # An MP3 declares its length in the tag that also tells the encoder's delay, which moves its start.
    if kind not in _DECLARING and not (kind == "mp3" and stream.start_time):
        return 0.0
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _open(location: Path | str, body: ByteReader | None, container: str | None) -> InputContainer:
    sound = _sound()
    if body is not None:
        return av.open(body, "r", format=container, options=body_options(sound), metadata_errors="replace")
    if isinstance(location, Path):
        return av.open(f"file:{location.absolute()}", options=file_options(sound), metadata_errors="replace")
    if not location.lower().startswith("rtsp"):
        return _open_address(location, web_options(location, sound))
    try:
        return _open_address(location, rtsp_options(location, sound, "tcp"))
    except _NO_ANSWER_TO_TRANSPORT:
        raise
    except failures.HTTPClientError:
        # a server that carries sound by UDP alone
        return _open_address(location, rtsp_options(location, sound, "udp"))


_NO_ANSWER_TO_TRANSPORT = (
    failures.HTTPUnauthorizedError,
    failures.HTTPForbiddenError,
    failures.HTTPNotFoundError,
)


@functools.cache
def _sound() -> Options:
    """Name what FFmpeg may read, after bounding what it may ask for at once."""
    # PyAV hands this on to nobody, but its modules lead to the library.
    ctypes.CDLL(core.__file__).av_max_alloc(ctypes.c_size_t(MOST_BYTES_AT_ONCE))
    return only_sound(av.formats_available, filter(_decodes_sound, av.codecs_available))


def _decodes_sound(name: str) -> bool:
    try:
        return av.Codec(name, "r").type == "audio"
    except UnknownCodecError:
        return False  # it only encodes


def _open_address(url: str, options: Options) -> InputContainer:
    timeouts = (OPEN_TIMEOUT_SECONDS, _PACKET_TIMEOUT_SECONDS)
    return av.open(url, options=options, timeout=timeouts, metadata_errors="replace")


def ffmpeg_version() -> str:
    """Return the version of the FFmpeg libraries inside PyAV."""
    return f"FFmpeg {av.ffmpeg_version_info}"


def _samples(frame: AudioFrame) -> Float32:
    """Convert one decoded frame: (samples, channels) float32, full scale ±1.0, NaN kept."""
    channels = len(frame.layout.channels)
    dtype = _DTYPES[frame.format.name.removesuffix("p")]
    if not frame.format.is_planar:
        packed = np.frombuffer(frame.planes[0], dtype, frame.samples * channels)  # pyright: ignore[reportArgumentType, reportCallIssue] - planes are buffers
        return to_float32(packed.reshape(-1, channels))
    samples = np.empty((frame.samples, channels), np.float32)
    # to_ndarray reads past the eighth plane of an eight-channel frame
    for channel, plane in enumerate(frame.planes[:channels]):
        samples[:, channel] = to_float32(np.frombuffer(plane, dtype, frame.samples))  # pyright: ignore[reportArgumentType, reportCallIssue]
    return samples


def _title(metadata: dict[str, str]) -> str | None:
    tags = {key.lower(): clean_title(value) for key, value in metadata.items()}
    title = tags.get("streamtitle") or tags.get("title")
    artist = tags.get("artist")
    return f"{artist} - {title}" if artist and title else title
