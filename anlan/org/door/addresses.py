"""What an address counts as where one may take only so much: the throttle at the sign-in and the limits of the server ask."""

import ipaddress


def counted_as(address: str) -> str:
    """Return the address; of IPv6 the network of its first 64 bits, all of which one machine has. What is no address stays as it is."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, ipaddress.IPv6Address):
        return address
    return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found), 64), strict=False))
