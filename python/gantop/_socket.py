"""The socket in a run's directory: for processes of the same user alone, and where they find it."""

import os
import socket
import stat
import struct

NAME = "socket"
# The longest path that a socket's address surely holds.
LONGEST = 100


def listen(path):
    """Listens in the directory `path`, for this user alone, under a name that others see once it is protected."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        hidden = f".{NAME}.new"
        plain = os.path.join(path, hidden)
        listener.bind(plain if len(os.fsencode(plain)) <= LONGEST else f"/proc/self/fd/{directory}/{hidden}")
        os.chmod(hidden, stat.S_IRUSR | stat.S_IWUSR, dir_fd=directory)
        os.rename(hidden, NAME, src_dir_fd=directory, dst_dir_fd=directory)
        listener.listen(16)
        listener.setblocking(False)
        return listener
    except OSError:
        listener.close()
        raise
    finally:
        os.close(directory)


def is_ours(connection):
    """Whether the other end is a process of this user, as far as the system tells."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i")))
    return user == os.geteuid()


def remove(path):
    """Takes the socket away."""
    try:
        os.unlink(os.path.join(path, NAME))
    except OSError:
        pass
