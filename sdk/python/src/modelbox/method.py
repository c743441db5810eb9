"""What a method of the API is: its path, and the types of its messages."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message

RequestT = TypeVar("RequestT", bound=Message)
ResponseT = TypeVar("ResponseT", bound=Message)

_REPEATABLE_WITHOUT_ID = re.compile(r"^(Get|List|Find|Accept|Renew|Release)")


@dataclass(frozen=True)
class _AnyMethod(Generic[RequestT, ResponseT]):
    path: str
    """Path of the URL, for example `/modelbox.v1.ModelService/GetModel`."""
    request_type: type[RequestT]
    response_type: type[ResponseT]

    @property
    def name(self) -> str:
        """For example `GetModel`."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Method(_AnyMethod[RequestT, ResponseT]):
    """A method that takes one message and answers with one."""

    @property
    def takes_request_id(self) -> bool:
        """Whether the server remembers its answer under a `request_id`."""
        return "request_id" in self.request_type.DESCRIPTOR.fields_by_name

    @property
    def is_repeatable(self) -> bool:
        """Whether a call may be sent twice without doing its work twice."""
        return self.takes_request_id or _REPEATABLE_WITHOUT_ID.match(self.name) is not None

    @property
    def commits_files(self) -> bool:
        """Whether a call may be about a great many files, which takes the server a while."""
        return "files" in self.request_type.DESCRIPTOR.fields_by_name


@dataclass(frozen=True)
class StreamMethod(_AnyMethod[RequestT, ResponseT]):
    """A method that takes one message and answers with many."""
