"""All planted faults, by the part of the product whose protection they break."""

from __future__ import annotations

from tests.planted.fault import Fault
from tests.planted.faults_of_people import OF_PEOPLE
from tests.planted.faults_of_sending import OF_SENDING
from tests.planted.faults_of_the_books import OF_THE_BOOKS
from tests.planted.faults_of_the_endpoints import AT_THE_ENDPOINTS
from tests.planted.faults_of_the_queue import OF_THE_QUEUE

CATALOGUE: tuple[Fault, ...] = (*OF_THE_QUEUE, *OF_SENDING, *OF_THE_BOOKS, *AT_THE_ENDPOINTS, *OF_PEOPLE)
